"""What the services share: values, contracts, proofs, wire definitions and the runtime they stand on."""
