"""What words mean, in English and Chinese, before anybody asks what is to be done."""
