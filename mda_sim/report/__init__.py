"""Tables made visible: maps, charts and the terminal table. The only room that knows matplotlib."""
