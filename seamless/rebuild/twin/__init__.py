"""The twin of a procedure: its real workflow code on simulated agencies, in virtual time, without servers.

``world`` lets many cases pass at once; ``living`` is a case in the real code, and ``known`` one whose course
was seen in the real code before; ``agency`` is a queue with officers, ``hours`` when they work, ``arrivals``
when applicants come, ``draws`` what chance is. ``conditions`` says what a world is made of, and ``logged``
what happened in it.

``learning`` reads from an event log how the work is done, ``officers`` how many do it, and ``stated`` reads
what a person says of it. ``changes`` changes it, ``predicting`` compares both worlds. ``asking`` makes the
question of the command's options, and ``telling`` the answer for people.
"""
