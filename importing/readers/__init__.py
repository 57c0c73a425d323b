"""How each type of file is read, one a file; `t2c.importing.reader` finds them by the ending of the file's name."""
