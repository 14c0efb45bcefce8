"""The page's list of saved views: to open one, save what is shown, and remove one."""

from collections.abc import Callable
from html import escape

from nicegui import ui
from nicegui.events import GenericEventArguments

from dashboards.card import html
from dashboards.errors import DashboardError
from dashboards.saved import SavedView, SavedViews

_OPENED = "(event) => { if (event.target.open) emit(); }"
_SAVED = "() => emit(document.getElementById('view-name').value)"
_ENTERED = "(event) => { if (event.key === 'Enter') emit(event.target.value); }"
_REMOVED = """(event) => {
  const button = event.target.closest('button[data-view]');
  if (button) emit(button.dataset.view);
}"""
_NONE = "None yet. What is shown now can be saved, with its range and what was chosen."


class Saving:
    """A popup with the saved views; `address` gives the one of what is shown."""

    def __init__(self, saved: SavedViews, address: Callable[[], str]) -> None:
        self._saved = saved
        self._address = address

    def build(self) -> None:
        """Draw it, closed."""
        with ui.element("details").classes("between views popup") as popup:
            with ui.element("summary"):
                html("Saved views", "span")
            with ui.element("div"):
                self.listed = html("", "div").classes("saved")
                self.listed.on("click", self._remove, js_handler=_REMOVED)
                name = html(
                    'Save this view as <input id="view-name" type="text" maxlength="60" '
                    'autocomplete="off">',
                    "label",
                )
                name.on("keydown", self._save, js_handler=_ENTERED)
                self.said = html("", "p").classes("told").props("role=status")
                save = html("Save", "button").props("type=button")
                save.on("click", self._save, js_handler=_SAVED)
        popup.on("toggle", self._opened, js_handler=_OPENED)

    def _opened(self) -> None:
        self._tell("")
        self._draw()

    def _draw(self) -> None:
        try:
            every = self._saved.every()
        except DashboardError as error:
            self._tell(f"{error}.")
            return
        rows = "".join(map(_row, every))
        self.listed.set_content(f"<ul>{rows}</ul>" if rows else f"<p>{_NONE}</p>")

    def _save(self, event: GenericEventArguments) -> None:
        def save() -> str:
            view = self._saved.save(str(event.args), self._address())
            return f"Saved as {view.name}. Its link can be copied and sent."

        self._change(save, "Not saved")

    def _remove(self, event: GenericEventArguments) -> None:
        def remove() -> str:
            self._saved.remove(str(event.args))
            return f"{event.args} is removed."

        self._change(remove, "Not removed")

    def _change(self, change: Callable[[], str], otherwise: str) -> None:
        """Changes the views, and says what came of it."""
        try:
            said = change()
        except DashboardError as error:
            self._tell(f"{otherwise}: {error}.")
        except OSError as error:
            self._tell(f"{otherwise}: {error.strerror}.")
        else:
            self._tell(said)
            self._draw()

    def _tell(self, said: str) -> None:
        self.said.set_content(escape(said))


def _row(view: SavedView) -> str:
    name = escape(view.name)
    remove = (
        ""
        if view.declared
        else f'<button type="button" data-view="{name}" aria-label="Remove {name}">Remove</button>'
    )
    return f'<li><a href="{escape(view.address)}">{name}</a>{remove}</li>'
