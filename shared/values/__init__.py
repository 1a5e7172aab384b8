"""Values the whole field uses: identifiers, money in whole pence, periods, clauses and refusals. Nothing here does I/O."""
