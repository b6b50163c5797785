"""What a waiter orders: a random but plausible slip from the house's own menu."""

import random
import uuid

NOTES = ["no salt", "well done", "birthday", "in a hurry", "gluten-free bread", "sauce apart", "<b>very</b> hot & spicy"]
LINES = [1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7, 8]


def slip(menu, tables):
    """An order of one to eight lines, its choices within what each set demands and allows."""
    table = random.choice(tables) if random.random() < 0.9 else None
    place = {"table_id": table["table_id"]} if table else {"order_type": "takeaway"}
    seats = table["seats"] if table else 0
    dishes = random.choices([item for item in menu if not item["eighty_sixed"]], k=random.choice(LINES))
    return {"id": str(uuid.uuid4()), **place, "lines": [line(dish, seats) for dish in dishes]}


def line(dish, seats):
    """One dish of it."""
    chosen = []
    for group in dish["groups"]:
        known = [modifier["modifier_id"] for modifier in group["modifiers"]]
        most = min(group["max_choices"], len(known))
        least = min(group["min_choices"], most)
        # Most guests take a dish as it comes.
        count = least if random.random() < 0.6 else random.randint(least, most)
        chosen += random.sample(known, count)
    asked = {"item_id": dish["item_id"], "quantity": random.choice([1, 1, 1, 1, 2, 2, 3]), "modifiers": chosen}
    if seats and random.random() < 0.5:
        asked["seat"] = random.randint(1, seats)
    if seats and random.random() < 0.2:
        asked["course"] = 2  # it waits, unless the whole order is of that course
    if random.random() < 0.1:
        asked["note"] = random.choice(NOTES)
    return asked
