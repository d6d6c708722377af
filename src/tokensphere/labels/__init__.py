"""What is known of tokens: form, grammar, meaning, as a sparse token × label table."""
