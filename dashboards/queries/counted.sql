-- That history is being counted anew, how far, and until when: one text, and no row where nothing is.
SELECT told FROM viewer.history
