"""What sensors can see of the fleet: specs beside their models, and the sweep that makes detection logs."""
