"""The user's end of proxy.py."""
import json
import pathlib
import subprocess
import sys
import threading

import net

PROXY = pathlib.Path(__file__).with_name("proxy.py")


class Links:
    """`targets`: {name: port}. `ports`: {name: the port that leads there}."""

    def __init__(self, targets):
        self.ports = {name: net.free_port() for name in targets}
        self.targets = targets
        self.process = None
        self.asking = threading.Lock()

    def open(self):
        links = [f"{name}={self.ports[name]}:{target}" for name, target in self.targets.items()]
        self.process = subprocess.Popen([sys.executable, PROXY, *links], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, start_new_session=True)
        assert self.process.stdout.readline() == "ready\n", "the proxy did not come up"

    def set(self, link, mode, **arguments):
        """In force when it returns."""
        with self.asking:
            self.process.stdin.write(json.dumps({"link": link, "mode": mode, **arguments}) + "\n")
            self.process.stdin.flush()
            assert self.process.stdout.readline() == "ok\n", "the proxy is gone"

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait(10)
