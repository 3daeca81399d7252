"""The calendar engine: reading, plan, brake, apply and ledger, for any provider."""
