#!/usr/bin/python3
"""A stand-in for a file manager: a small window from which the files on the command line are dragged."""

import pathlib
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

SIDE = 120
# A path is an address without a plus; anything else is dragged as it is written, like a link out of a browser.
addresses = [one if "://" in one else pathlib.Path(one).as_uri() for one in sys.argv[2:]]
window = Gtk.Window(title="DragSource", decorated=False, default_width=SIDE, default_height=SIDE)
window.move(int(sys.argv[1]), 0)
handle = Gtk.EventBox()
handle.add(Gtk.Label(label="drag"))
window.add(handle)
handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
handle.drag_source_add_uri_targets()
handle.connect("drag-data-get", lambda _handle, _drag, data, _kind, _when: data.set_uris(addresses))
handle.connect("drag-end", lambda *_: print("ended", flush=True))
window.connect("map-event", lambda *_: print("shown", flush=True))
window.show_all()
Gtk.main()
