"""SimGAN: images of a simulator, refined until they look real, with their labels kept."""
