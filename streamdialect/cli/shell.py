"""The interactive shell: lines of a terminal become statements and commands of a session."""

from __future__ import annotations

import os
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import PostgresLexer

from streamdialect.cli.completion import NameCompleter
from streamdialect.cli.progress import database_path
from streamdialect.cli.script import is_complete, split
from streamdialect.cli.session import Session

__all__ = ["converse", "history_path"]


def history_path() -> Path | None:
    """Give the file that keeps what was typed: STREAMDIALECT_HISTORY, none if that is empty, or one of the user's."""
    given = os.environ.get("STREAMDIALECT_HISTORY")
    if given is not None:
        return Path(given).expanduser() if given else None
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "streamdialect" / "history"


def _history() -> History:
    path = history_path()
    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Statements are nobody else's business.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def converse(session: Session, name: str) -> None:
    """Read and run until Ctrl-D or a command ends it. Errors are shown; Ctrl-C ends a statement, not the shell."""
    path = database_path(session.connection)
    assert path is not None
    completer = NameCompleter(path)
    prompt: PromptSession[str] = PromptSession(
        history=_history(),
        completer=completer,
        complete_in_thread=True,
        complete_while_typing=False,
        lexer=PygmentsLexer(PostgresLexer),
        multiline=True,
        key_bindings=_keys(),
        prompt_continuation=lambda width, number, wrapped: "-> ".rjust(width),
    )
    session.say(f"{name}: end a statement with ; and Enter, \\? lists commands, Tab completes, Ctrl-D leaves")
    try:
        while not session.ended:
            try:
                session.attempt(split(prompt.prompt(_sign(session, name))))
            except KeyboardInterrupt:
                session.say("canceled")
            except EOFError:
                break
    finally:
        completer.close()


def _sign(session: Session, name: str) -> str:
    return f"{name}{'*' if session.connection.in_transaction else ''}> "


def _keys() -> KeyBindings:
    """Let Enter end a statement that is whole, and begin a new line in one that is not."""
    from prompt_toolkit.application import get_app

    keys = KeyBindings()

    @Condition
    def whole() -> bool:
        buffer = get_app().current_buffer
        text = buffer.text.strip()
        return not text or text.startswith("\\") or is_complete(text)

    @Condition
    def chosen() -> bool:
        state = get_app().current_buffer.complete_state
        return state is not None and state.current_completion is not None

    @keys.add("enter", filter=chosen)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @keys.add("enter", filter=whole & ~chosen)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    return keys
