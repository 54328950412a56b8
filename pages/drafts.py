"""Brings back what was typed but not sent before another page was opened; a reload needs no help, the address has it.

A form tells the server nothing until it is sent, yet each field bound to the address writes there at every key.
This component draws nothing: it remembers those parts of the address for as long as the tab shows the app.
"""

from __future__ import annotations

import streamlit as st

_WATCH = """
export default function ({ data, parentElement, setTriggerValue }) {
  if (parentElement.watching) return
  parentElement.watching = true
  const kept = (globalThis.keptDrafts ??= {})
  const { known, sent } = data
  const isLost = (name) => kept[name] && kept[name] !== known[name] && kept[name] !== sent[name]
  const lost = Object.keys(known).filter(isLost)
  if (lost.length) setTriggerValue("lost", Object.fromEntries(lost.map((name) => [name, kept[name]])))
  const page = location.pathname
  const timer = setInterval(() => {
    if (location.pathname !== page) return
    const address = new URLSearchParams(location.search)
    // A part that is missing says nothing: the address is emptied a moment before the page goes.
    for (const name of Object.keys(known)) if (address.get(name)) kept[name] = address.get(name)
  }, 100)
  return () => {
    clearInterval(timer)
    parentElement.watching = false
  }
}
"""
_component = st.components.v2.component("drafts", js=_WATCH)


def recall(*names: str) -> None:
    """Give the fields whose keys are `names` the texts that they had when they were last drawn; call before them."""
    for name, text in st.session_state.get("drafts_known", {}).items():
        if name in names and name not in st.session_state:
            st.session_state[name] = text


def sent(name: str) -> None:
    """Say that a draft was sent as it stands: it does not come back after a look at another page."""
    st.session_state.setdefault("drafts_sent", {})[name] = st.session_state[name]


def keep(*names: str) -> None:
    """Keep the drafts of the fields whose keys are `names`; call after them."""
    known = st.session_state.setdefault("drafts_known", {})
    known.update({name: st.session_state[name] for name in names if name in st.session_state})

    def restore() -> None:
        lost = st.session_state.drafts.get("lost") or {}
        for name in names:
            if isinstance(lost.get(name), str):
                st.session_state[name] = lost[name]

    data = {
        "known": {name: known.get(name) or "" for name in names},
        "sent": st.session_state.get("drafts_sent", {}),
    }
    _component(key="drafts", data=data, on_lost_change=restore)
