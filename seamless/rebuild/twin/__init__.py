"""The twin of a procedure: its real workflow code on simulated agencies, in virtual time, without servers.

``world`` lets many cases pass at once; ``living`` is a case in the real code, and ``known`` one whose course
was seen in the real code before; ``agency`` is a queue with officers, ``hours`` when they work, ``arrivals``
when applicants come. ``conditions`` says what a world is made of; ``learning`` reads that from an event log,
``changes`` changes it, and ``predicting`` compares both.
"""
