"""Statistical rules that decide whether fresh values differ from recorded ones."""
