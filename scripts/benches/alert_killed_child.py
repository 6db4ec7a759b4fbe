"""Starts bridges that are to be killed: everything is imported once, and each of them is a fork of it.

Argument: the settings. Orders on standard input, each answered by one line of JSON: ``{"start": true}`` answers
``{"pid": …}``; ``{"reap": pid}`` waits for the end of one that was sent a signal, and answers ``{"signal": …}``.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from provisioner.app.picture import Pictures
from provisioner.app.site import Site
from provisioner.service.bridging import Bridge


def bridge(settings: Path) -> None:
    """One that runs until SIGTERM, or SIGKILL."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    site = Site.open(settings)
    running = Bridge({site.network: site}, {site.network: Pictures(site)})
    running.start()
    over.wait()
    running.stop()
    site.close()


def main() -> None:
    """Until standard input ends."""
    settings = Path(sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        if "start" in order:
            pid = os.fork()
            if not pid:
                os.close(0)
                bridge(settings)
                os._exit(0)
            answer = {"pid": pid}
        else:
            _, status = os.waitpid(order["reap"], 0)
            answer = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
