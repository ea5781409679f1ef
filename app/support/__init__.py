"""Support bundles: one zip file that says how this workstation is and what went wrong, and names no patient."""
