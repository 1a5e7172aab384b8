"""Values the whole field uses: identifiers, money in whole pence, periods, refusals. Nothing here does I/O."""
