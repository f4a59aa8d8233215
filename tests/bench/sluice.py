"""The real daemon with a folder of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess


class Channel(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    """`sluiced` from a folder of programs. The caller starts it as often as it likes, one at a time."""

    def __init__(self, programs, folder, source, url, settings=""):
        self.programs, self.folder, self.source = programs, folder, source
        os.makedirs(f"{folder}/run/sluice", mode=0o700, exist_ok=True)
        self.log = f"{folder}/sluiced.log"
        self.config = f"{folder}/config.yaml"
        with open(self.config, "w", encoding="utf-8") as config:
            config.write(f"pipelines:\n  bench:\n    source:\n      path: {source}\n"
                         f"    target:\n      url: \"{url}\"\n{settings}")
        self.process = None
        self.peak_kib = 0

    def start(self):
        environment = {**os.environ, "XDG_RUNTIME_DIR": f"{self.folder}/run"}
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([f"{self.programs}/sluiced", "--config", self.config], env=environment,
                                            cwd=self.folder, stdout=log, stderr=log)

    def ask(self, method, path):
        """The document that the control channel answers with, None where nobody answers."""
        channel = Channel(f"{self.folder}/run/sluice/control.sock")
        try:
            channel.request(method, path)
            return json.loads(channel.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            channel.close()

    def status(self):
        """The status of the only pipeline, None where nobody answers."""
        document = self.ask("GET", "/v1/status")
        return document["pipelines"][0] if document else None

    def end(self, by=signal.SIGTERM):
        """Ends the daemon, and takes down the most memory that it has held, in KiB."""
        self.process.send_signal(by)
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        self.peak_kib = usage.ru_maxrss

    def last_lines(self, count=5):
        with open(self.log, encoding="utf-8") as log:
            return "".join(log.readlines()[-count:]).strip()
