"""What is at sea: ships on sea lanes, militia at named features, probes; columns of great-circle legs."""
