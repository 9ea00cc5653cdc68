import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0005_cartridge_import'),
        ('outbox', '0001_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='cartridgeorder',
            name='delivery',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cartridge_order', to='outbox.delivery', verbose_name='delivery'),
        ),
    ]
