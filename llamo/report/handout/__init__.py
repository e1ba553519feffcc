"""The report that is handed to an athlete: one page of HTML that needs nothing beside itself."""
