"""How often random neighbourhoods cohere."""
