"""The same panels in Grafana: board and provisioning, built from the declarations, and the push."""
