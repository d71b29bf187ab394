"""What makes labelled images: eyes, hands, shapes, each with the camera that sees them."""
