"""The gateway: carries events from Kafka into cases, each once, each case in order.

``carrier`` takes one event to its end: ``delivery`` gives it to its case, ``dead_letters`` keeps what was
refused, ``early_events`` says how long it waits for its case; ``tracker`` and ``chains`` keep
offsets and order; ``gateway`` is the loop around them and ``main`` the process.
"""
