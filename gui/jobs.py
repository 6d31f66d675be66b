"""Work away from the Qt thread: functions in a thread pool, and programs that report as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QRunnable, QThreadPool, Signal, Slot

Done = Callable[[Any], None]
Failed = Callable[[Exception], None]


class Jobs(QObject):
    """Runs functions in pool threads and hands results back in the thread that made this object.

    Args:
        on_unexpected: Gets an error that the caller of `run` gave no handler for.
        max_threads: 1 keeps jobs in order, as writing to the log wants it.
    """

    _finished = Signal(object, object, object)

    def __init__(self, on_unexpected: Failed, *, max_threads: int = 1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._on_unexpected = on_unexpected
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(max_threads)
        self._waiting: dict[int, tuple[Done, Failed]] = {}
        self._number = 0
        self._finished.connect(self._on_finished)

    def run(self, work: Callable[[], Any], done: Done, failed: Failed | None = None) -> None:
        """Run `work` in a pool thread; then `done(result)` or `failed(error)` in this object's thread.

        Neither is called once this object is closed.
        """
        self._number += 1
        self._waiting[self._number] = (done, failed or self._on_unexpected)
        self._pool.start(_Work(self._number, work, self._finished.emit))

    def close(self, timeout_ms: int = 10_000) -> bool:
        """Wait for what runs, and forget its results. Returns False when it did not end in time."""
        self._waiting.clear()
        return self._pool.waitForDone(timeout_ms)

    @Slot(object, object, object)
    def _on_finished(self, number: int, result: Any, error: Exception | None) -> None:
        handlers = self._waiting.pop(number, None)
        if handlers is None:
            return
        if error is None:
            handlers[0](result)
        else:
            handlers[1](error)


class _Work(QRunnable):
    def __init__(self, number: int, work: Callable[[], Any], emit: Callable[[int, Any, Any], None]) -> None:
        super().__init__()
        self._number, self._work, self._emit = number, work, emit

    def run(self) -> None:
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001 - handed over to the caller's `failed`, nothing is swallowed
            self._emit(self._number, None, error)
        else:
            self._emit(self._number, result, None)


class JsonLinesProcess(QObject):
    """A program of its own whose standard output is one JSON object per line.

    Attributes:
        progressed: One object (dict) of the output.
        ended: Exit code (-1: it could not start, or crashed) and the last lines of its error output.
    """

    progressed = Signal(object)
    ended = Signal(object, str)

    def __init__(self, arguments: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = QProcess(self)
        self._process.setProgram(arguments[0])
        self._process.setArguments(list(arguments[1:]))
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONUNBUFFERED", "1")
        self._process.setProcessEnvironment(environment)
        self._process.readyReadStandardOutput.connect(self._on_output)
        self._process.readyReadStandardError.connect(self._on_error_output)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._partial = b""
        self._errors: list[str] = []

    def start(self, line: str = "") -> None:
        """Start the program.

        Args:
            line: What it reads from standard input, such as a password: arguments are seen by everybody.
        """
        self._process.start()
        if line:
            self._process.write(f"{line}\n".encode())
        self._process.closeWriteChannel()  # a program that asks for a password ends instead of waiting for ever

    def cancel(self, timeout_ms: int = 5000) -> None:
        """Ask the program to end; kill it when it has not after `timeout_ms`."""
        if self._process.state() == QProcess.ProcessState.NotRunning:
            return
        self._process.terminate()
        if not self._process.waitForFinished(timeout_ms):
            self._process.kill()
            self._process.waitForFinished(1000)

    @Slot()
    def _on_output(self) -> None:
        *lines, self._partial = (self._partial + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            if line.startswith(b"{"):
                self.progressed.emit(json.loads(line))

    @Slot()
    def _on_error_output(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
        self._errors = [*self._errors, *text.splitlines()][-20:]

    @Slot(int, QProcess.ExitStatus)
    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_output()
        crashed = status == QProcess.ExitStatus.CrashExit
        self.ended.emit(-1 if crashed else code, "\n".join(self._errors))

    @Slot(QProcess.ProcessError)
    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.ended.emit(-1, self._process.errorString())
