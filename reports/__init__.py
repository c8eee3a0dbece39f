"""What a verification found, as frames, a page, a console and an exit status. Imports neither torch nor manual."""
