"""The report as HL7 FHIR R4 resources."""
