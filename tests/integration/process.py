"""A process that a test starts, stops, kills and reads the log of."""
import os
import re
import signal
import subprocess


class Process:
    """A process in a session of its own, its output in a file."""

    def __init__(self, name, argv, env, folder):
        self.name, self.argv, self.env = name, argv, env
        self.log_path = folder / f"{name}.log"
        self.popen = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(self.argv, env=self.env, stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=subprocess.STDOUT, start_new_session=True)

    def running(self):
        return self.popen is not None and self.popen.poll() is None

    def kill(self):
        self.popen.kill()
        self.popen.wait()

    def restart(self):
        self.kill()
        self.start()

    def wakes(self):
        """How often its main thread has had something to do, so far."""
        return self.status("voluntary_ctxt_switches")

    def status(self, field):
        """A number of Linux' about it (proc_pid_status(5)); memory is in KB."""
        with open(f"/proc/{self.popen.pid}/status") as status:
            return int(re.search(rf"^{field}:\s+(\d+)", status.read(), re.MULTILINE)[1])

    def signal(self, how):
        if self.running():
            self.popen.send_signal(how)

    def end(self, timeout_s=15):
        """Its exit status after signal(). A process that must be killed in the end gives that signal's."""
        try:
            self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        return self.popen.returncode

    def end_gently(self):
        self.signal(signal.SIGTERM)
        assert self.end() == 0, self.log_tail()

    def leftovers(self):
        """True when a process of its session still lives."""
        try:
            os.killpg(self.popen.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self):
        return f"--- {self.name}\n" + "\n".join(self.log().splitlines()[-15:])
