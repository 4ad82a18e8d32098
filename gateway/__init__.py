"""The single public door: what all services tell, projected, added up and streamed; commands are passed through."""
