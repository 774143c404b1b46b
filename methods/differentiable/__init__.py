"""What the gradient methods share: the one bilevel loop, its settings, its steps."""
