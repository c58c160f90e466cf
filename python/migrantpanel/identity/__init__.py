"""Who is who: pseudonyms for the persons of the panel."""
