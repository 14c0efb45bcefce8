"""What every answer tells a browser about what may be done with it."""

#: Nothing is guessed of a content's type, nothing is framed, no address goes to other sites.
COMMON = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
)
#: An interface for programs: should a browser show what it answers, nothing in it runs or loads.
INTERFACE = (
    *COMMON,
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'",
    ),
)
