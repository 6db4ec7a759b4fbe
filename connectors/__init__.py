"""One package a product: it observes a target, compiles changes to steps and applies them."""
