"""What comes in: contact lists and questionnaires, each with errors that name the cell."""
