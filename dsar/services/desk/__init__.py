"""What a person does: files, proves, reviews, holds, supplements, settles what is in doubt."""
