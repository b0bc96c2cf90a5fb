"""What every room shares: contract, policy, bundle, records and errors."""
