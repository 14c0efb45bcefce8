"""A server that takes mail, on this machine."""

import socket
import ssl
import threading


class Mail:
    """A server that takes one session of mail after the other, with or without STARTTLS."""

    def __init__(self, context: ssl.SSLContext | None, refuses: bool = False) -> None:
        self.context, self.refuses = context, refuses
        self.letters: list[bytes] = []
        self.said: list[tuple[bool, str]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            try:
                self._session(connection)
            except OSError:  # a client that hangs up, as one does that is offered no STARTTLS
                pass
            finally:
                connection.close()

    def _session(self, connection: socket.socket) -> None:
        safe = False
        connection.sendall(b"220 mail.test\r\n")
        reader = connection.makefile("rb")
        while line := reader.readline():
            said = line.decode().strip()
            self.said.append((safe, said))
            match said.partition(" ")[0].upper():
                case "EHLO":
                    more = b"250-STARTTLS\r\n" if self.context and not safe else b""
                    connection.sendall(b"250-mail.test\r\n" + more + b"250 AUTH PLAIN\r\n")
                case "STARTTLS" if self.context:
                    connection.sendall(b"220 go on\r\n")
                    connection = self.context.wrap_socket(connection, server_side=True)
                    reader, safe = connection.makefile("rb"), True
                case "AUTH":
                    connection.sendall(b"235 come in\r\n")
                case "RCPT" if self.refuses:
                    connection.sendall(b"550 nobody of that name\r\n")
                case "DATA":
                    connection.sendall(b"354 tell\r\n")
                    letter = b""
                    while (line := reader.readline()) != b".\r\n":
                        letter += line
                    self.letters.append(letter)
                    connection.sendall(b"250 taken\r\n")
                case "QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                case _:
                    connection.sendall(b"250 well\r\n")

    def close(self) -> None:
        self._listener.close()
