"""Values that all services use: identifiers, money in whole pence, periods, refusals. Nothing here does I/O."""
