"""What people look at: pages and exports of figures computed elsewhere."""
