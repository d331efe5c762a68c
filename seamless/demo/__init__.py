"""The demonstration: applications, agencies and applicants simulated, everything between them real."""
