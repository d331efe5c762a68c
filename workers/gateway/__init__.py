"""The gateway: carries events from Kafka into cases, each once, each case in order.

``admission`` says whether a record may enter and what it means, ``delivery`` gives it to its case,
``dead_letters`` keeps what was refused; ``tracker`` and ``chains`` keep offsets and order;
``gateway`` is the loop around them and ``main`` the process.
"""
