"""The pages: self-contained HTML, drawn from templates."""
