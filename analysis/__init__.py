"""The numbers: types, geometry, readers, processing, simulation, fitting, evidence. No Qt, no side effects."""
