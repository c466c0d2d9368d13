#!/usr/bin/python3
"""A bus of the test's own with a desktop on it: notification service, tray and battery, which do as they are told.

Prints the address of the bus, then answers a JSON command on each line of its input with a JSON line:
`notices`, `click ID`, `tray` (the menu, or null), `choose LABEL`, `activate`, `no-tray`, `battery true|false`. Ends with its input.
"""

import json
import subprocess
import sys
import time

import dbus

WATCHER = "org.kde.StatusNotifierWatcher"
NOTICES = "org.freedesktop.Notifications"
MENU = "com.canonical.dbusmenu"
POWER = "org.freedesktop.UPower"
MOCK = "org.freedesktop.DBus.Mock"
DEADLINE_S = 20


def until(what, look):
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise TimeoutError(what)


class Desktop:
    """The bus and the two services on it."""

    def __init__(self):
        self.started = []

    def open(self):
        daemon = self.start(["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"], subprocess.PIPE)
        self.address = daemon.stdout.readline().decode().strip()
        self.bus = dbus.bus.BusConnection(self.address)
        environment = {"DBUS_SESSION_BUS_ADDRESS": self.address, "PATH": "/usr/bin:/bin"}
        mock = ["/usr/bin/python3", "-m", "dbusmock", "--session"]
        capabilities = json.dumps({"capabilities": "body body-markup actions"})
        self.start([*mock, "--template", "notification_daemon", "--parameters", capabilities],
                   environment=environment)
        self.watcher = self.start([*mock, WATCHER, "/StatusNotifierWatcher", WATCHER], environment=environment)
        self.start([*mock, POWER, "/org/freedesktop/UPower", POWER], environment=environment)
        for name in (NOTICES, WATCHER, POWER):
            until(f"{name} on the bus", lambda: self.bus.name_has_owner(name))
        watcher = self.mock(WATCHER, "/StatusNotifierWatcher")
        watcher.AddMethod(WATCHER, "RegisterStatusNotifierItem", "s", "", "")
        watcher.AddProperty(WATCHER, "IsStatusNotifierHostRegistered", True)
        self.mock(POWER, "/org/freedesktop/UPower").AddProperty(POWER, "OnBattery", False)

    def start(self, command, output=subprocess.DEVNULL, environment=None):
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output)
        self.started.append(process)
        return process

    def mock(self, name, path):
        return dbus.Interface(self.bus.get_object(name, path), MOCK)

    def notices(self):
        calls = self.mock(NOTICES, "/org/freedesktop/Notifications").GetMethodCalls("Notify")
        ids = range(1, len(calls) + 1)
        return [
            {"id": notice, "app": str(args[0]), "title": str(args[3]), "body": str(args[4]),
             "actions": [str(action) for action in args[5]]}
            for notice, (_when, args) in zip(ids, calls)
        ]

    def click(self, notice):
        service = self.mock(NOTICES, "/org/freedesktop/Notifications")
        service.EmitSignal(NOTICES, "ActionInvoked", "us", [dbus.UInt32(notice), "default"])

    def item(self):
        """The name of the last program that came into the tray and is still there."""
        calls = self.mock(WATCHER, "/StatusNotifierWatcher").GetMethodCalls("RegisterStatusNotifierItem")
        names = [str(args[0]) for _when, args in calls]
        return names[-1] if names and self.bus.name_has_owner(names[-1]) else None

    def shown_item(self):
        if not (item := self.item()):
            raise ValueError("nothing is in the tray")
        return item

    def menu(self):
        """Labels with their ids and whether they can be chosen; lines have no label."""
        menu = dbus.Interface(self.bus.get_object(self.shown_item(), "/MenuBar"), MENU)
        _revision, (_root, _properties, entries) = menu.GetLayout(0, -1, [])
        return menu, [
            {"id": int(number), "label": str(shown.get("label", "")), "enabled": bool(shown.get("enabled", True))}
            for number, shown, _below in entries
        ]

    def tray(self):
        return self.menu()[1] if self.item() else None

    def choose(self, label):
        menu, entries = self.menu()
        [entry] = [entry for entry in entries if entry["label"] == label and entry["enabled"]]
        menu.Event(entry["id"], "clicked", dbus.Int32(0, variant_level=1), dbus.UInt32(0))

    def activate(self):
        item = self.bus.get_object(self.shown_item(), "/StatusNotifierItem")
        dbus.Interface(item, "org.kde.StatusNotifierItem").Activate(0, 0)

    def battery(self, is_used):
        self.mock(POWER, "/org/freedesktop/UPower").UpdateProperties(POWER, {"OnBattery": is_used})

    def no_tray(self):
        self.watcher.terminate()
        self.watcher.wait()

    def close(self):
        for process in reversed(self.started):
            process.terminate()
            process.wait()


def main():
    desktop = Desktop()
    acts = {"notices": desktop.notices, "click": desktop.click, "tray": desktop.tray, "choose": desktop.choose,
            "activate": desktop.activate, "no-tray": desktop.no_tray, "battery": desktop.battery}
    try:
        desktop.open()
        print(desktop.address, flush=True)
        for line in sys.stdin:
            name, *arguments = json.loads(line)
            try:
                answer = {"data": acts[name](*arguments)}
            except (dbus.DBusException, ValueError, TimeoutError) as error:
                answer = {"error": f"{name}: {error}"}
            print(json.dumps(answer), flush=True)
    finally:
        desktop.close()


if __name__ == "__main__":
    main()
