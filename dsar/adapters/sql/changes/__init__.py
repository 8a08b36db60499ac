"""How rows are changed: what each verb means, in what order, and what comes of a refusal."""
