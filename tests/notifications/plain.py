"""A message that says what its facts say, for tests of how notifications travel."""

from caraus.notifications.messages import Facts, Message, message_kind


def plain_facts(title: str, text: str = "", action: str = "") -> Facts:
    return {"title": title, "text": text, "action": action}


@message_kind("plain")
def plain(facts: Facts) -> Message:
    return Message(facts["title"], facts["text"], facts["action"])
