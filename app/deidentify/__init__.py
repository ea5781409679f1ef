"""Studies without their patient: copies for research and support that name nobody (PS3.15 Annex E, basic profile)."""
