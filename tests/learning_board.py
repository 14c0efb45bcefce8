"""The board Learning, which has each kind of drawing, for the tests that look at one board."""

from dashboards.boards import boards

(LEARNING,) = (board for board in boards() if board.name == "learning")
