"""The procedures, one module each: what is applied for, asked and reported; and the catalogue of them all."""
